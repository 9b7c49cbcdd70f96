/** Returns the name that users know a provider by. */
export const displayName = ({ id, name }: { id: string; name?: string | undefined }): string => name ?? id;
