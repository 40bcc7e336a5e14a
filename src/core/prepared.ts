import type { Compilable, CompiledQuery, Kysely } from "kysely";
import { type Dialect, dialectOf } from "./dialect.ts";

class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Stands for the values while the query is built: each property is its own placeholder. */
const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) });

/** A query whose SQL was built before: reads run it with `db.executeQuery`, changes take it as a write. */
class PreparedQuery implements CompiledQuery {
  readonly query: CompiledQuery["query"];
  readonly queryId: CompiledQuery["queryId"];
  readonly sql: string;
  readonly parameters: readonly unknown[];

  constructor({ query, queryId, sql }: CompiledQuery, parameters: readonly unknown[]) {
    this.query = query;
    this.queryId = queryId;
    this.sql = sql;
    this.parameters = parameters;
  }

  compile(): this {
    return this;
  }
}

/** A query as one database takes it, and of each parameter the property that fills it; `undefined` for a constant. */
interface Built<A> {
  readonly compiled: CompiledQuery;
  readonly names: readonly (keyof A | undefined)[];
}

/**
 * For queries that run thousands of times a second: Kysely builds the SQL at the first call (some 10 µs), later calls
 * only fill in the values. The query's shape must not depend on them.
 *
 * @example
 * const addMessage = prepared((db: Db, message: Message) => db.insertInto("messages").values({ id: message.id }));
 */
export function prepared<Tables, A extends object>(
  build: (db: Kysely<Tables>, values: A) => Compilable,
): (db: Kysely<Tables>, values: A) => PreparedQuery {
  const built: { [D in Dialect]?: Built<A> } = {};
  return (db, values) => {
    const dialect = dialectOf(db);
    built[dialect] ??= compile(build(db, placeholders as A));
    const { compiled, names } = built[dialect];
    const parameters = compiled.parameters.slice();
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name !== undefined) parameters[i] = values[name];
    }
    return new PreparedQuery(compiled, parameters);
  };
}

function compile<A>(query: Compilable): Built<A> {
  const compiled = query.compile() as CompiledQuery;
  const names = compiled.parameters.map((each) =>
    each instanceof Placeholder ? (each.name as keyof A) : undefined,
  );
  return { compiled, names };
}
