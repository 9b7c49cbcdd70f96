export { createPages, type Pages } from './create-pages.ts';
export { html, type Html } from './markup/html.ts';
export { readPageLook, type PageLook } from './page-look.ts';
export { renderTime } from './time/render-time.ts';
