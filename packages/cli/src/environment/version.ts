/** The version of the program; the test beside it holds it to the package's. */
export const version = '0.1.0';
