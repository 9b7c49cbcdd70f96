/** Where the gateway serves the CA of its certificate (PEM), if its configuration names one. */
export const authorityPath = '/.sallyport/ca.pem';

/** Where the gateway offers the command line. Below it are its files, by their names. */
export const installPath = '/.sallyport/install';
