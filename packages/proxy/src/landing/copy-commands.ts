/**
 * The script that adds a button to every command, which copies it. Without it, one click selects the command. It reads
 * the text of the page and nothing else.
 */
export const copyCommands = `if(navigator.clipboard)for(const code of document.querySelectorAll(".command")){const button=document.createElement("button");button.type="button";button.className="plain small";button.textContent="Copy";button.setAttribute("aria-label","Copy "+code.textContent);button.onclick=()=>navigator.clipboard.writeText(code.textContent).then(()=>{button.textContent="Copied"});code.after(" ",button)}`;
