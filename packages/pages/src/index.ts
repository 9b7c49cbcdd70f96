export { createPages, type Pages } from './create-pages.ts';
export { logoHeaders, readLogo, type Logo } from './logo/read-logo.ts';
export {
  renderAboutFingerprint,
  renderCommand,
  renderLogin,
  renderSetUp,
  type ShownGateway,
} from './markup/commands.ts';
export { html, type Html } from './markup/html.ts';
export { problemWords } from './markup/problem-words.ts';
export { sendProblemPage } from './problem-page.ts';
export { type PageApp } from './page-headers.ts';
export { logoPath, readPageLook, type PageLook } from './page-look.ts';
export { renderTime } from './time/render-time.ts';
