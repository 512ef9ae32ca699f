/** A name as DuckDB reads it, whatever characters it has. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as a literal of SQL, for the few places that take no parameter (file names, settings). */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
