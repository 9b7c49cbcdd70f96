import type { SourceKey } from '@sallyport/directory';

/** Returns the name of a key by which a source of the directory knows a login. It cannot be a user name. */
export const keyName = ({ source, key }: SourceKey): string => `key\n${source}\n${key}`;
