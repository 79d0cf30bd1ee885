// A chart card's menu: the same numbers as a table or in ECharts, to copy or to take away.
(() => {
  "use strict";
  const say = (text) => {
    document.getElementById("said").textContent = text;
  };

  const rest = (card) => card.querySelector(".chart-rest").dataset; // what the last answer said about the chart

  const address = (card, format) => {
    const query = new URLSearchParams(rest(card).query);
    query.set("format", format);
    return `/api/charts/${card.dataset.chart}?${query}`;
  };

  async function config(card, format) {
    const answer = await fetch(address(card, format));
    if (!answer.ok) throw new Error(`The chart could not be loaded (${answer.status})`);
    return (await answer.json()).config;
  }

  function show(card, mode) {
    card.dataset.mode = mode;
    const text = { table: "View as chart", echarts: "View in Plotly" };
    card.querySelectorAll("[data-chart-action]").forEach((button) => {
      const action = button.dataset.chartAction;
      if (action === "table") button.textContent = mode === "table" ? text.table : "View as table";
      if (action === "echarts") button.textContent = mode === "echarts" ? text.echarts : "View in ECharts";
    });
    if (mode === "chart") window.dispatchEvent(new Event("resize")); // Plotly measures itself anew
  }

  async function drawEcharts(card) {
    const { stamp, height } = rest(card);
    card.dataset.drawn = stamp;
    const option = await config(card, "echarts");
    const place = card.querySelector(".chart-echarts");
    place.style.height = `${height}px`;
    await window.portalCharts.mount(place, option);
  }

  const actions = {
    table: (card) => show(card, card.dataset.mode === "table" ? "chart" : "table"),
    async echarts(card) {
      if (card.dataset.mode === "echarts") return show(card, "chart");
      show(card, "echarts");
      await drawEcharts(card);
    },
    async "copy-option"(card) {
      await navigator.clipboard.writeText(JSON.stringify(await config(card, "echarts"), null, 2));
      say("The ECharts option is copied");
    },
    async "copy-data"(card) {
      await navigator.clipboard.writeText(JSON.stringify(await config(card, "data"), null, 2));
      say("The data is copied");
    },
    csv(card) {
      const link = document.createElement("a");
      link.href = `/export/charts/${card.dataset.chart}.csv${rest(card).query}`;
      link.download = "";
      link.click();
    },
    async png(card) {
      const graph = card.querySelector(".js-plotly-plot");
      const hidden = card.dataset.mode && card.dataset.mode !== "chart" ? card.dataset.mode : null;
      if (hidden) show(card, "chart"); // what is not shown has no size to draw
      await window.portalCharts.downloadPng(graph, card.dataset.chart);
      if (hidden) show(card, hidden);
    },
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-chart-action]");
    if (!button) return;
    const card = button.closest("[data-chart]");
    const menu = button.closest("details");
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
    try {
      await actions[button.dataset.chartAction](card);
    } catch {
      show(card, "chart");
      window.portalFailed("This chart could not be loaded.", () => actions[button.dataset.chartAction](card));
    }
  });

  // A card drawn in ECharts follows the page: new filters, new data, drawn again.
  new MutationObserver(() => {
    document.querySelectorAll('[data-chart][data-mode="echarts"]').forEach((card) => {
      if (card.dataset.drawn !== rest(card).stamp) drawEcharts(card).catch(() => show(card, "chart"));
    });
  }).observe(document.body, { childList: true, subtree: true });

  // Plotly tells of clicks only to who has asked the graph itself, and forgets them when Dash draws it anew: asked again
  // whenever the pointer gets there.
  const listeners = new WeakMap();

  function listenerOf(graph) {
    if (!listeners.has(graph)) {
      listeners.set(graph, ({ points: [point] }) => {
        const key = Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
        if (key === null || key === undefined) return;
        graph.dispatchEvent(new CustomEvent("portal-chart-click", { bubbles: true, detail: { key } }));
      });
    }
    return listeners.get(graph);
  }

  document.addEventListener("pointerover", (event) => {
    const graph = event.target.closest?.(".js-plotly-plot");
    if (!graph?.on) return;
    graph.removeListener("plotly_click", listenerOf(graph));
    graph.on("plotly_click", listenerOf(graph));
    window.portalCharts.listenToPlotlyLegend(graph);
  });
})();
