export { browserProgram, complaintsOf, startBrowser } from './start-browser.ts';
