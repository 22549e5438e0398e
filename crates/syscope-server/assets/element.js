// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Elements of the page. Text goes in as text: nothing here, or anywhere else in the page, makes HTML of a string.

/**
 * A new element: `element('button', { type: 'button', class: 'plain', onclick }, 'Stop')`. Members that begin with `on`
 * are listeners, `class`, `role`, `for` and those with a hyphen are attributes, all others properties.
 */
export function element(name, members = {}, ...children) {
  const made = document.createElement(name);
  for (const [member, value] of Object.entries(members)) {
    if (value === undefined || value === null) continue;
    if (member.startsWith('on')) made.addEventListener(member.slice(2), value);
    else if (member.includes('-') || ['class', 'role', 'for', 'list', 'scope'].includes(member)) made.setAttribute(member, value);
    else made[member] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element with this id, which the page has. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets text only if it is another: what a reader has selected stays selected. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute only if it is another; `null` removes it. */
export function setAttribute(target, name, value) {
  if (value === null) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}
