// Mounts ECharts where a card asks for it, keeps it fitting and in the page's theme, and tells the page of clicks in
// either engine by one event: "portal-chart-click" with {key, seriesName}, bubbling from the chart's element.
(() => {
  "use strict";

  const charts = new Map(); // element -> ECharts instance
  let engine = null; // the promise of window.echarts, once anyone has asked for it

  const isDark = () => document.documentElement.dataset.bsTheme === "dark";
  const themeName = () => (isDark() ? "portal-dark" : "portal-light");

  function theme(text, quiet, page, card, border, darkMode) {
    const axis = { axisLabel: { color: text }, nameTextStyle: { color: text } };
    return {
      darkMode,
      backgroundColor: "transparent",
      textStyle: { color: text },
      title: { textStyle: { color: text }, subtextStyle: { color: quiet } },
      legend: { textStyle: { color: text } },
      categoryAxis: axis,
      valueAxis: axis,
      bar: { label: { color: text }, markLine: { label: { color: quiet } } },
      pie: { label: { color: text }, itemStyle: { borderColor: page, borderWidth: 2 } },
      tooltip: { backgroundColor: card, borderColor: border, textStyle: { color: text } },
    };
  }

  function loadEngine() {
    engine ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = document.documentElement.dataset.echarts || "/vendor/echarts.min.js";
      script.onload = () => {
        const { registerTheme } = window.echarts;
        registerTheme("portal-light", theme("#343A40", "#5C636A", "#FFFFFF", "#FFFFFF", "#DEE2E6", false));
        registerTheme("portal-dark", theme("#DEE2E6", "#ADB5BD", "#212529", "#2B3035", "#495057", true));
        resolve(window.echarts);
      };
      script.onerror = () => {
        engine = null; // the next one who asks tries again
        script.remove();
        reject(new Error("The chart engine could not be loaded"));
      };
      document.head.append(script);
    });
    return engine;
  }

  function announce(element, key, seriesName) {
    if (key === null || key === undefined) return;
    element.dispatchEvent(new CustomEvent("portal-chart-click", { bubbles: true, detail: { key, seriesName } }));
  }

  // An element that has left the page shrinks to nothing, which the observer reports: no one has to unmount by hand.
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (!target.isConnected) unmount(target);
      else if (target.clientWidth) charts.get(target)?.resize();
    }
  });

  new MutationObserver(() => charts.forEach((chart) => chart.setTheme(themeName()))).observe(
    document.documentElement,
    { attributeFilter: ["data-bs-theme"] },
  );

  async function mount(element, option) {
    const echarts = await loadEngine();
    if (!element.isConnected) return null;
    let chart = charts.get(element);
    if (!chart) {
      chart = echarts.init(element, themeName(), { renderer: "svg" });
      charts.set(element, chart);
      chart.on("click", ({ data, seriesName }) => announce(element, data?.key, seriesName));
      chart.on("legendselectchanged", ({ name }) => {
        chart.dispatchAction({ type: "legendSelect", name }); // a legend entry filters, it hides nothing
        const { data, name: seriesName } = chart.getOption().series[0];
        announce(element, data.find((item) => item.name === name)?.key, seriesName);
      });
      sizes.observe(element);
    }
    const animation = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.setOption({ ...structuredClone(option), animation }, { notMerge: true });
    return chart;
  }

  function unmount(element) {
    sizes.unobserve(element);
    charts.get(element)?.dispose();
    charts.delete(element);
  }

  // Dash tells of clicked bars and slices by itself, but not of legend entries: for those, listen here.
  function listenToPlotlyLegend(graph) {
    if (graph.dataset.portalLegend) return;
    graph.dataset.portalLegend = "on";
    graph.on("plotly_legendclick", ({ data, curveNumber, label }) => {
      const { labels, customdata, name } = data[curveNumber];
      if (labels) announce(graph, customdata[labels.indexOf(label)], name);
    });
  }

  // A picture has a white page under it, whatever the theme it was taken in.
  function downloadPng(graph, filename) {
    const layout = { ...graph.layout, paper_bgcolor: "#FFFFFF", width: graph.clientWidth };
    return window.Plotly.downloadImage({ data: graph.data, layout }, { format: "png", scale: 2, filename });
  }

  window.portalCharts = { mount, unmount, listenToPlotlyLegend, downloadPng };
})();
