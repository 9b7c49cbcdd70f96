// What every service needs to stand up.
export {};
