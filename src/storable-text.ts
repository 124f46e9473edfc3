/** PostgreSQL's text holds no NUL and its JSON no half of a surrogate pair; everything else is kept as it is. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();
