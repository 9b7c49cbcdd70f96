/** Returns a function that names clusters: the first label of the host, or as many labels as make the name unique. */
export function createClusterNames(): (host: string) => string {
  const taken = new Set<string>();
  return (host) => {
    const labels = host
      .toLowerCase()
      .split('.')
      .map((label) => label.replace(/[^a-z0-9-]/g, '-').replace(/^-+|-+$/g, ''))
      .filter((label) => label !== '');
    const base = labels.length === 0 ? 'cluster' : labels[0]!;
    const candidates = labels.map((_label, index) => labels.slice(0, index + 1).join('-'));
    let name = [base, ...candidates].map((one) => one.slice(0, 63).replace(/-+$/, '')).find((one) => !taken.has(one));
    for (let number = 2; name === undefined; number += 1) {
      const numbered = `${base.slice(0, 56)}-${number}`;
      if (!taken.has(numbered)) name = numbered;
    }
    taken.add(name);
    return name;
  };
}
