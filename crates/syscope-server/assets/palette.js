// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The colours of the charts. They hang on names and not on places, so a pod keeps its colour when others come and go.

import { isDark } from './theme.js';

const HUES = {
  light: ['#4361c9', '#0f8a9d', '#9a5fc0', '#b7791f', '#2f8f5b', '#c2558f', '#5b7c2a', '#6d63d6', '#1d7fc4', '#a8623a'],
  dark: ['#7c97f5', '#3fbccf', '#bd8ae0', '#dba74c', '#5cc48b', '#e684b8', '#9bc25a', '#9d95f7', '#58b0ec', '#d99067'],
};
const CLASSES = {
  FileSystem: 0, Network: 1, ProcessManagement: 2, Time: 3, Signals: 5, IPC: 7, System: 9,
};
const WARM = {
  light: ['#d43f3a', '#d9622b', '#b8325f', '#c77d13', '#a93226'],
  dark: ['#f2716b', '#f08c55', '#e5679a', '#e5ab4a', '#d96b5f'],
};
const SINGLE = {
  light: {
    ok: '#3a9d78', more: '#a3acb9', host: '#7a8699', containers: '#52749e', text: '#1c2430', muted: '#647084', line: '#e3e7ee', card: '#ffffff', calls: '#4361c9', errors: '#d43f3a',
  },
  dark: {
    ok: '#4fb391', more: '#5d6878', host: '#8894a7', containers: '#7fa3cf', text: '#e4e9f1', muted: '#93a0b4', line: '#28303c', card: '#151a22', calls: '#7c97f5', errors: '#f2716b',
  },
};
const HEAT = {
  light: ['#eef3fb', '#c6d8f5', '#8fb4ea', '#5487d6', '#2f5cb0', '#1c3875'],
  dark: ['#18202c', '#1d3357', '#24508e', '#3a7bc8', '#72b1ee', '#d4ecff'],
};

const theme = () => (isDark() ? 'dark' : 'light');

function place(text, length) {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  return (hash >>> 0) % length;
}

/** A colour of the page itself: `text`, `muted`, `line`, `card`, `calls`, `errors`, `ok`, `more`. */
export function colour(name) {
  return SINGLE[theme()][name];
}

/** From few to many. */
export function heat() {
  return HEAT[theme()];
}

/** The colour of a node of the Sankey. */
export function nodeColour(node) {
  const hues = HUES[theme()];
  const ofClass = (name) => hues[CLASSES[name] ?? place(name, hues.length)];
  switch (node.kind) {
    case 'class': return ofClass(node.name);
    case 'syscall': return ofClass(node.class);
    case 'namespace': return hues[place(node.name, hues.length)];
    case 'pod': return hues[place(node.namespace, hues.length)];
    case 'error': return WARM[theme()][place(node.name, 5)];
    case 'ok': return colour('ok');
    case 'more': return colour('more');
    case 'container': case 'containers': return colour('containers');
    default: return colour('host');
  }
}
