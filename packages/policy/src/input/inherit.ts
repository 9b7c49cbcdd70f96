/**
 * An object that is another one but for the members given. The rest is looked up in that one when it is asked for, so
 * that whoever watches what is read of it sees it.
 */
export function inherit<T extends object>(from: T, members: Partial<T>): T {
  const descriptors: PropertyDescriptorMap = {};
  for (const [name, value] of Object.entries(members)) descriptors[name] = { value, enumerable: true };
  return Object.create(from, descriptors) as T;
}
