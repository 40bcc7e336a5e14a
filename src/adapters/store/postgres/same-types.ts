import {
  type ColumnDefinitionNode,
  DataTypeNode,
  type KyselyPlugin,
  type OperationNode,
  OperationNodeTransformer,
  RawNode,
} from "kysely";

/**
 * The types of our columns, as both databases understand them: `integer` has 64 bits, `real` has 64 bits, and `text` is
 * ordered by its bytes, so that lists have one order everywhere.
 */
const types: Readonly<Record<string, string>> = {
  integer: "bigint",
  real: "double precision",
  text: 'text collate "C"',
};

class SameTypes extends OperationNodeTransformer {
  protected override transformColumnDefinition(node: ColumnDefinitionNode): ColumnDefinitionNode {
    return { ...super.transformColumnDefinition(node), dataType: same(node.dataType) };
  }
}

function same(type: OperationNode): OperationNode {
  const name = DataTypeNode.is(type) ? types[String(type.dataType)] : undefined;
  return name === undefined ? type : RawNode.createWithSql(name);
}

/** For migrations, which name SQLite's types. */
export const sameTypes: KyselyPlugin = {
  transformQuery: ({ node }) => new SameTypes().transformNode(node),
  transformResult: async ({ result }) => result,
};
