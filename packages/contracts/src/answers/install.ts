/** Where the gateway serves the CA of its certificate (PEM), if its configuration names one. */
export const authorityPath = '/.sallyport/ca.pem';
