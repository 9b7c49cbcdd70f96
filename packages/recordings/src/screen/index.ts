// What a recorded program wrote, so that it is safe to show. For browsers and Node.js 20.
export { createScreenFilter } from './screen-filter.ts';
export { createScreenText, type ScreenText, type Shown } from './screen-text.ts';
