// Words that YAML 1.1 or 1.2 readers do not read as strings.
const special = /^(?:true|false|yes|no|on|off|y|n|null|~)$/i;

function writeText(text: string): string {
  const plain = /^[A-Za-z_/][\w./@+-]*$/.test(text) && !special.test(text);
  return plain ? text : JSON.stringify(text);
}

/** Writes plain data as YAML on one line, with quotes only where needed. */
export function yamlFlow(value: unknown): string {
  if (typeof value === 'string') return writeText(value);
  if (Array.isArray(value)) return `[${value.map(yamlFlow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${writeText(key)}: ${yamlFlow(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value) ?? 'null';
}
