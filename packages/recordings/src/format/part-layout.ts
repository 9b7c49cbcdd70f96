/** The size of every chunk of an age file but the last. */
export const chunkBytes = 64 * 1024;

/** A part is closed when it has this much. */
export const partBytes = 4 * 1024 * 1024;

/**
 * A tail has what a part that is being written has after its last whole chunk: records, each with its size, the offset of
 * its bytes in the part, and the sealed bytes. The offset is also the nonce: no record begins where another did.
 */
export const tailHeaderBytes = 8;
