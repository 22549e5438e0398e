// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Light or dark: as the system has it, or as the reader chose. Loaded before the first paint.

const KEY = 'syscope.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = [];

function stored() {
  try {
    const theme = localStorage.getItem(KEY);
    return ['light', 'dark'].includes(theme) ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

let choice = stored();

function apply() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

/** `auto`, `light` or `dark`. */
export function chosen() {
  return choice;
}

export function isDark() {
  return choice === 'auto' ? system.matches : choice === 'dark';
}

/** The reader's choice, kept for the next visit. */
export function choose(theme) {
  choice = theme;
  try {
    if (theme === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch { /* then it holds for this visit */ }
  apply();
}

/** `listener()` is called after each change. */
export function listen(listener) {
  listeners.push(listener);
}

system.addEventListener('change', apply);
apply();
