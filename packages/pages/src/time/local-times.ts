/** The script that shows times in the time zone of the reader. Pages with a `<time>` element include it. */
export const localTimes = `for(const t of document.querySelectorAll("time"))t.textContent=new Date(t.dateTime).toLocaleString("en-GB",{year:"numeric",month:"short",day:"numeric",hour:"2-digit",minute:"2-digit",timeZoneName:"short"})`;
