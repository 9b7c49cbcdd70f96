/** The size of every chunk of an age file but the last. */
export const chunkBytes = 64 * 1024;

/**
 * Returns how much a part has when it is closed. Each costs an event and some file operations. It must be a small part of
 * the disk, because none of it is moved to the store before it is closed.
 */
export const partBytesOn = (maxBytes: number): number => Math.min(16 * 1024 * 1024, maxBytes / 16);

/**
 * A tail has what a part that is being written has after its last whole chunk: records, each with its size, the offset of
 * its bytes in the part, and the sealed bytes. The offset is also the nonce: no record begins where another did.
 */
export const tailHeaderBytes = 8;
