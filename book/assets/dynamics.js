// Computes the rows of charts anew when their controls move: solutions of differential equations, and
// losses that spread along supplies.
// charts.js loads this, and after it the script of each figure, which adds itself to `figures`.
"use strict";
(function () {
  const figures = {};
  const BEFORE = 2 ** -36; // years; the last stage of a step looks this much before its end, as in Python

  // Takes classical Runge-Kutta steps of order four; y is changed in place.
  function advance(rates, y, p, begin, step, count, work) {
    const [one, two, three, four, z] = work;
    const size = y.length;
    for (let number = 0; number < count; number++) {
      const time = begin + number * step;
      rates(time, y, p, one);
      for (let i = 0; i < size; i++) z[i] = y[i] + (step / 2) * one[i];
      rates(time + step / 2, z, p, two);
      for (let i = 0; i < size; i++) z[i] = y[i] + (step / 2) * two[i];
      rates(time + step / 2, z, p, three);
      for (let i = 0; i < size; i++) z[i] = y[i] + step * three[i];
      rates(time + step - BEFORE, z, p, four);
      for (let i = 0; i < size; i++) y[i] += (step / 6) * (one[i] + 2 * two[i] + 2 * three[i] + four[i]);
    }
  }

  function space(size) {
    return Array.from({ length: 5 }, () => new Float64Array(size));
  }

  const kinds = {
    // Every line at every year.
    simulator({ years: [first, last], steps, states, start, rates, shown }, p) {
      const values = [];
      const out = [0];
      states.forEach((size, line) => {
        const y = new Float64Array(size);
        const work = space(size);
        start[line](first, y, p, y);
        for (let year = first; year <= last; year++) {
          shown[line](year, y, p, out);
          values.push(out[0]);
          if (year < last) advance(rates[line], y, p, year, 1 / steps, steps, work);
        }
      });
      return values;
    },

    // Quantiles over many futures: of every line, in every panel, at every year.
    fan({ years: [first, last], steps, states, start, rates, shown, draws, quantiles, panels }, p) {
      const values = [];
      const out = new Array(panels);
      states.forEach((size, line) => {
        const found = Array.from({ length: panels * (last - first + 1) }, () => new Float64Array(draws.length));
        const y = new Float64Array(size);
        const work = space(size);
        draws.forEach((draw, number) => {
          const all = [...p, ...draw];
          start[line](first, y, all, y);
          for (let year = first; year <= last; year++) {
            shown[line](year, y, all, out);
            out.forEach((one, panel) => (found[panel * (last - first + 1) + year - first][number] = one));
            if (year < last) advance(rates[line], y, all, year, 1 / steps, steps, work);
          }
        });
        for (const one of found) {
          one.sort();
          for (const part of quantiles) {
            const place = part * (one.length - 1);
            const low = Math.floor(place);
            const high = Math.min(low + 1, one.length - 1);
            values.push(one[low] + (place - low) * (one[high] - one[low]));
          }
        }
      });
      return values;
    },

    // Where the path from every cell arrives, then every nullcline at every point.
    portrait({ first, second, along, step, count, rates, lines }, p) {
      const values = [];
      const out = [0];
      const y = new Float64Array(2);
      const work = space(2);
      for (const high of second) {
        for (const far of first) {
          y[0] = far;
          y[1] = high;
          advance(rates[0], y, p, 0, step, count, work);
          values.push(y[0]);
        }
      }
      for (const line of lines) {
        for (const far of along) {
          y[0] = far;
          line(0, y, p, out);
          values.push(out[0]);
        }
      }
      return values;
    },

    // Losses in percent: of every cell, of regions and the nation, and of the nation after each round.
    cascade(network, [region, sector, buyers, cut, second, after]) {
      const { regions, sectors, everyone, rounds, unit } = network;
      const [sources, needs, critical] = [network.sources, network.needs, network.critical].map((rows) => rows.map(numbers));
      const weight = numbers(network.weight);
      const k = sectors.length;
      const home = regions.indexOf(region);
      const seller = home * k + sectors.indexOf(sector);
      const hit = regions.map((name, place) => (buyers === everyone ? place !== home : name === buyers));
      const path = [weight.map(() => 0)];
      for (let round = 1; round <= rounds; round++) {
        const lost = path[round - 1];
        path.push(lost.map((_, j) => {
          const gap = sectors.map(() => 0);
          sources.forEach((row, i) => {
            const missing = i === seller && hit[Math.floor(j / k)] ? cut / 100 : 0;
            gap[i % k] += (1 - second / 100) * (row[j] / unit) * (1 - (1 - missing) * (1 - lost[i]));
          });
          const worst = gap.map((one, p) => (critical[p][j] ? one : 0));
          const linear = gap.map((one, p) => (needs[p][j] / unit) * one);
          return Math.max(...worst, linear.reduce((sum, one) => sum + one));
        }));
      }
      // The mean loss, by weight, of the rows that are chosen.
      function mean(lost, chosen) {
        let [sum, total] = [0, 0];
        lost.forEach((one, i) => {
          if (!chosen(i)) return;
          sum += one * weight[i];
          total += weight[i];
        });
        return sum / total;
      }
      const now = path[after];
      return [
        ...now,
        ...sectors.map((_, p) => mean(now, (i) => i % k === p)),
        ...regions.map((_, place) => mean(now, (i) => Math.floor(i / k) === place)),
        mean(now, () => true),
        ...path.map((lost) => mean(lost, () => true)),
      ].map((part) => 100 * part);
    },
  };

  function numbers(text) {
    return text.split(" ").map(Number);
  }

  // The computed values of a figure's table, in the order of its rows.
  function values(name, positions) {
    return kinds[figures[name].kind](figures[name], positions);
  }

  // The figure's table for other positions of the controls; what was observed stays.
  function rows(name, table, positions) {
    const { computed, sliders } = figures[name];
    const moved = Object.fromEntries(sliders.map(({ label }, place) => [label, positions[place]]));
    const fresh = values(name, positions);
    let next = 0;
    return table.map((row) => {
      if (!computed[row.part]) return { ...row };
      const changed = { ...row, ...moved };
      for (const column of [computed[row.part]].flat()) {
        const value = fresh[next++];
        changed[column] = Number.isFinite(value) ? value : null;
      }
      return changed;
    });
  }

  // Lets the view of a figure follow its controls, at most once per frame of the screen.
  async function follow(name, view, table) {
    const { sliders } = figures[name];
    let asked = false;
    function show() {
      asked = false;
      const positions = sliders.map((slider) => view.signal(slider.name));
      return view.data("table", rows(name, table, positions)).runAsync();
    }
    for (const slider of sliders) {
      view.addSignalListener(slider.name, () => {
        if (!asked) requestAnimationFrame(show);
        asked = true;
      });
    }
    if (sliders.some((slider) => view.signal(slider.name) !== slider.value)) await show();
  }

  globalThis.dongbeiDynamics = { figures, values, rows, follow };
})();
