/** The upper bound of `reload.maxBytes`. */
export const maxConfigBytes = 64 * 1024 * 1024;
