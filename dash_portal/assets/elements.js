// Plain elements, drawn all at once: no component of Dash's stands for each of them (`dash_portal/ui/elements.py`).
(() => {
  "use strict";
  const { Fragment, createElement } = window.React;

  const drawn = (node) => (Array.isArray(node) ? createElement(node[0], node[1], ...node.slice(2).map(drawn)) : node);
  const Elements = ({ nodes }) => createElement(Fragment, null, ...nodes.map(drawn));

  window.portal_elements = { Elements };
})();
