/**
 * The script that reloads a page while its reader waits for a decision and looks at it. It reads only how often.
 * Without it, the page has a link that does the same.
 */
export const reloadWhileWaiting = `const wait=document.querySelector("[data-reload]");if(wait)setInterval(()=>{if(document.visibilityState==="visible")location.replace(wait.href)},wait.dataset.reload*1000)`;

const minute = 60_000;

/**
 * Returns after how many seconds a page reloads, from how far the nearest step is. Undefined if that is an hour: a page
 * that is left open must not keep its session alive for as long as a request can wait.
 */
export function reloadSeconds(distanceMs: number): number | undefined {
  if (distanceMs < 10 * minute) return 5;
  return distanceMs < 60 * minute ? 30 : undefined;
}
