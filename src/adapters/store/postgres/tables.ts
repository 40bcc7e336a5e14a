/** Asks one question in SQL, over whatever connection there is. */
export type Ask = <Row>(question: string) => Promise<readonly Row[]>;

/** `name` is a word of ours: it is not escaped. */
export async function hasTable(ask: Ask, name: string): Promise<boolean> {
  const [row] = await ask<{ is: boolean }>(`select to_regclass('${name}') is not null as is`);
  return row!.is;
}

/** Names of the migrations that a database has behind it. */
export async function ranIn(ask: Ask): Promise<string[]> {
  if (!(await hasTable(ask, "kysely_migration"))) return [];
  return (await ask<{ name: string }>("select name from kysely_migration")).map(({ name }) => name);
}
