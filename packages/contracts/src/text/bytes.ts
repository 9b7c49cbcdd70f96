const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
};

/** Parses a size such as `512`, `8MiB` or `1GB` to bytes. Returns undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})(KiB|MiB|GiB|KB|MB|GB)?$/.exec(text);
  return match ? Number(match[1]) * unitBytes[match[2] ?? '']! : undefined;
}
