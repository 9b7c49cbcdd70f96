/** The version of Sallyport: of the services and of the command. A test checks that it equals that of the packages. */
export const sallyportVersion = '0.1.0';
