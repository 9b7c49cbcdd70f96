import { accentColors } from './accent-colors.ts';

// One inline style sheet for all pages. Pages load nothing else but the logo, and the Content-Security-Policy allows
// exactly these bytes. Contrast is at least 4.5:1 for text and 3:1 for controls (WCAG 2.2, 1.4.3 and 1.4.11), in light
// and dark mode.

const ownColors = {
  light: { act: '#1b5a97', over: '#14446f' },
  dark: { act: '#86bdf2', over: '#b3d6f8' },
};

/** Returns the style sheet of the colors, with the accent of the branding or our own. */
export function pageColors(accent?: string): string {
  const { light, dark } = accent === undefined ? ownColors : accentColors(accent);
  return `:root{color-scheme:light dark;--paper:#eef1f5;--card:#fff;--ink:#16202c;--quiet:#4d5a69;--line:#7b8896;--rule:#d3d9e0;--act:${light.act};--act-on:#fff;--over:${light.over};--note:#fff3dc;--note-line:#a3680a}
@media(prefers-color-scheme:dark){:root{--paper:#0f151c;--card:#19212b;--ink:#e6ecf2;--quiet:#a9b6c4;--line:#6d7b8a;--rule:#323d4a;--act:${dark.act};--act-on:#0b1824;--over:${dark.over};--note:#2f2613;--note-line:#d9a441}}`;
}

const layout = `*{box-sizing:border-box}
body{margin:0;padding:1.5rem 1rem 3rem;border-top:.3rem solid var(--act);background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
header,main,footer{max-width:36rem;margin:0 auto}
.wide header,.wide main,.wide footer{max-width:60rem}
header{display:flex;align-items:center;gap:.7rem;margin-bottom:.8rem}
.logo{display:block;max-width:8rem;max-height:2.5rem}
.mark{flex:none;width:1.9rem;height:1.9rem;color:var(--act)}
.brand{display:flex;flex-wrap:wrap;gap:0 .7rem;margin:0;min-width:0;font-weight:700;letter-spacing:.02em;color:var(--quiet)}
.host{font-weight:400;letter-spacing:0;overflow-wrap:anywhere}
footer{margin-top:.8rem;font-size:.9rem}
main{padding:1.6rem 1.8rem 1.8rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
h2{margin:1.6rem 0 .6rem;font-size:1.1rem;line-height:1.3}
p{margin:0 0 1rem}
ul{list-style:none;margin:0 0 1rem;padding:0}
li+li{margin-top:.6rem}
dl{margin:0 0 1.2rem;display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.45rem 1.2rem}
dt{color:var(--quiet)}
dd{margin:0;font-weight:600;min-width:0;overflow-wrap:anywhere}
main>:last-child,nav>:last-child{margin-bottom:0}
@media(max-width:30rem){main{padding:1.2rem 1.1rem 1.4rem}dl{display:block}dd+dt{margin-top:.6rem}}`;

const parts = `a{color:var(--act)}
a:hover{color:var(--over)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
button,.act,.choice{display:inline-block;font:inherit;font-weight:600;padding:.55rem 1.3rem;border:2px solid var(--act);border-radius:.4rem;background:var(--act);color:var(--act-on);text-decoration:none;cursor:pointer}
button:hover,.act:hover{background:var(--over);border-color:var(--over);color:var(--act-on)}
button.plain{background:transparent;color:var(--act)}
button.plain:hover{color:var(--over);background:transparent}
.choice{display:block;background:transparent;color:var(--ink)}
.choice:hover{color:var(--ink);border-color:var(--over)}
.choice small{display:block;font-size:.9rem;font-weight:400;color:var(--quiet)}
.actions{display:flex;flex-wrap:wrap;gap:.8rem;margin:0 0 1rem}
label{display:block;margin:0 0 .35rem;font-weight:600}
input,select,textarea{display:block;width:100%;max-width:16rem;margin:0 0 1rem;padding:.5rem .7rem;font:1.25rem/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.08em;text-transform:uppercase;color:var(--ink);background:var(--card);border:2px solid var(--line);border-radius:.4rem}
.text,select,textarea{max-width:none;font:inherit;letter-spacing:0;text-transform:none}
textarea{resize:vertical}
.code{font:600 1.5rem/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.1em}
.paste{display:block;margin:0 0 1.2rem;padding:.8rem 1rem;font:600 1rem/1.5 ui-monospace,Menlo,Consolas,monospace;border:2px dashed var(--line);border-radius:.4rem;user-select:all;overflow-wrap:anywhere}
.note{padding:.7rem 1rem;background:var(--note);border-left:4px solid var(--note-line);border-radius:.2rem}
.quiet{color:var(--quiet);font-size:.9rem}`;

const lists = `h3{margin:1.2rem 0 .4rem;font-size:1rem}
.rows{border-bottom:1px solid var(--rule)}
.rows>li{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:center;justify-content:space-between;margin:0;padding:.6rem 0;border-top:1px solid var(--rule)}
.rows>li>*{min-width:0;overflow-wrap:anywhere}
.rows>li>:first-child{flex:1 1 12rem}
.rows form{flex:none}
.small{padding:.2rem .8rem;font-size:.9rem}
.here{white-space:nowrap;padding:.05rem .5rem;border:1px solid var(--line);border-radius:.8rem;font-size:.85rem}
.command{display:inline-block;max-width:100%;padding:.25rem .6rem;font:.92rem/1.5 ui-monospace,Menlo,Consolas,monospace;background:var(--paper);border-radius:.3rem;-webkit-user-select:all;user-select:all;overflow-wrap:anywhere}
.commands{margin:0 0 1rem;padding:0 0 0 1.4rem}
.who{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:center;justify-content:space-between;margin:0 0 1rem}
.who>span{min-width:0;overflow-wrap:anywhere}`;

/** Returns the style sheet of every page, with the accent of the branding or our own. */
export const pageStyle = (accent?: string): string => `${pageColors(accent)}\n${layout}\n${parts}\n${lists}`;

const arch = 'M8 25V15a8 8 0 0 1 16 0v10h-4V15a4 4 0 0 0-8 0v10z';

/** Our mark, a gate in the accent color, for the top of every page without a logo. */
export const mark = `<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="currentColor"/><path d="${arch}" fill="var(--act-on)"/></svg>`;

/** Returns the icon of the pages as a data URL: the mark. A page needs no second request for it. */
export function favicon(accent: string = ownColors.light.act): string {
  const { light } = accentColors(accent);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${light.act}"/><path d="${arch}" fill="#fff"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
