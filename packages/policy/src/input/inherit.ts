/**
 * Returns an object with the given members that inherits all others. Inherited members are read from the original on
 * access, so that reads of it can be observed.
 */
export function inherit<T extends object>(from: T, members: Partial<T>): T {
  const descriptors: PropertyDescriptorMap = {};
  for (const [name, value] of Object.entries(members)) descriptors[name] = { value, enumerable: true };
  return Object.create(from, descriptors) as T;
}
