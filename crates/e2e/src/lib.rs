//! A real browser for tests: Debian's Chromium, driven over its own protocol, no driver program.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams, SetTimezoneOverrideParams,
};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::page::{Page, ScreenshotParams};
use futures::StreamExt as _;
use tokio::task::JoinHandle;

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where Chromium is, or which package to install.
///
/// # Errors
/// If none is found.
pub fn chromium() -> Result<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let folders = ["/usr/bin", "/usr/local/bin", "/snap/bin"];
    folders
        .iter()
        .flat_map(|folder| names.iter().map(move |name| PathBuf::from(folder).join(name)))
        .find(|path| path.exists())
        .context("no Chromium was found: apt-get install chromium")
}

/// A running browser.
pub struct Chromium {
    browser: Browser,
    events: JoinHandle<()>,
    _profile: tempfile::TempDir,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Ink on paper.
    Light,
    /// The other way round.
    Dark,
}

impl Chromium {
    /// Starts a browser without a window, with a profile of its own.
    ///
    /// # Errors
    /// If Chromium is missing or does not start.
    pub async fn launch() -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let config = BrowserConfig::builder()
            .chrome_executable(chromium()?)
            .user_data_dir(profile.path())
            // Chromium's own sandbox needs rights that containers and root do not have; the pages are ours.
            .no_sandbox()
            .args(["--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--lang=en-GB"])
            .request_timeout(PATIENCE)
            .build()
            .map_err(anyhow::Error::msg)?;
        let (browser, mut handler) = Browser::launch(config).await.context("Chromium does not start")?;
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Ok(Self { browser, events, _profile: profile })
    }

    /// A tab of the given width in CSS pixels.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn tab(&self, width: u32, theme: Theme) -> Result<Tab> {
        let page = self.browser.new_page("about:blank").await?;
        let tab = Tab { page };
        tab.show_as(width, theme).await?;
        page_zone(&tab.page).await?;
        Ok(tab)
    }

    /// Closes it.
    ///
    /// # Errors
    /// If it is gone already.
    pub async fn close(mut self) -> Result<()> {
        self.browser.close().await?;
        self.browser.wait().await?;
        self.events.abort();
        Ok(())
    }
}

async fn page_zone(page: &Page) -> Result<()> {
    page.execute(SetTimezoneOverrideParams::new("Europe/Berlin")).await?;
    Ok(())
}

/// A tab.
pub struct Tab {
    page: Page,
}

impl Tab {
    /// Changes width and theme.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn show_as(&self, width: u32, theme: Theme) -> Result<()> {
        let (height, mobile) = if width < 600 { (844, true) } else { (900, false) };
        let metrics = SetDeviceMetricsOverrideParams::builder()
            .width(width)
            .height(height)
            .device_scale_factor(1.0)
            .mobile(mobile)
            .build()
            .map_err(anyhow::Error::msg)?;
        self.page.execute(metrics).await?;
        let value = if theme == Theme::Dark { "dark" } else { "light" };
        // Colours on their way from one theme to the other are nobody's.
        let media = SetEmulatedMediaParams::builder()
            .feature(MediaFeature::new("prefers-color-scheme", value))
            .feature(MediaFeature::new("prefers-reduced-motion", "reduce"))
            .build();
        self.page.execute(media).await?;
        Ok(())
    }

    /// Opens an address and waits until the page is loaded.
    ///
    /// # Errors
    /// If nothing answers.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.page.goto(url).await.with_context(|| format!("{url} does not open"))?;
        self.until("document.readyState === 'complete'").await
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// If it throws.
    pub async fn eval(&self, expression: &str) -> Result<serde_json::Value> {
        let value = self.page.evaluate(expression).await.with_context(|| format!("evaluating {expression}"))?;
        Ok(value.value().cloned().unwrap_or_default())
    }

    /// Waits until an expression is true of a page that has come whole: its head can be there long before its end. The page
    /// itself watches, so nothing here counts time.
    ///
    /// # Errors
    /// If it does not become true in time; the error shows the page's text.
    pub async fn until(&self, condition: &str) -> Result<()> {
        let whole = format!("document.readyState !== 'loading' && !!({condition})");
        let started = tokio::time::Instant::now();
        loop {
            // A navigation in between throws the evaluation away; then it is asked again.
            if let Ok(value) = self.page.evaluate(whole.as_str()).await
                && value.value() == Some(&serde_json::Value::Bool(true))
            {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let text = self.text("body").await.unwrap_or_default();
                bail!("waited in vain for {condition}; the page says: {text}");
            }
            tokio::task::yield_now().await;
        }
    }

    /// The visible text of an element.
    ///
    /// # Errors
    /// If there is none.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let value = self.eval(&format!("document.querySelector({})?.innerText ?? null", quote(selector))).await?;
        value.as_str().map(str::to_owned).with_context(|| format!("no element {selector}"))
    }

    /// Writes into a field as a person would: focus, text, events.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let done = self
            .eval(&format!(
                "(() => {{ const e = document.querySelector({}); if (!e) return false; e.focus(); e.value = {}; \
                 e.dispatchEvent(new Event('input', {{bubbles: true}})); e.dispatchEvent(new Event('change', {{bubbles: true}})); \
                 return true; }})()",
                quote(selector),
                quote(text)
            ))
            .await?;
        ensure!(done == true, "no field {selector}");
        Ok(())
    }

    /// Clicks.
    ///
    /// # Errors
    /// If there is nothing to click.
    pub async fn click(&self, selector: &str) -> Result<()> {
        // A tab in the background draws nothing, and whether something can be seen is never answered there.
        self.page.bring_to_front().await?;
        let element =
            self.page.find_element(selector).await.with_context(|| format!("nothing to click: {selector}"))?;
        element.click().await?;
        Ok(())
    }

    /// Presses a key with the focus where it is.
    ///
    /// # Errors
    /// If nothing has the focus.
    pub async fn press(&self, key: &str) -> Result<()> {
        self.page.find_element(":focus, body").await?.press_key(key).await?;
        Ok(())
    }

    /// A picture of the whole page.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn picture(&self, path: &std::path::Path) -> Result<()> {
        let bytes = self
            .page
            .screenshot(ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).full_page(true).build())
            .await?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes).with_context(|| format!("no picture at {}", path.display()))
    }

    /// What a keyboard or screen-reader user would stumble over; empty if nothing.
    ///
    /// # Errors
    /// If the page is gone.
    pub async fn obstacles(&self) -> Result<Vec<String>> {
        let found = self.eval(OBSTACLES).await?;
        Ok(found.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Names for everything that can be used, one main heading, landmarks, no sideways scrolling, nothing that runs out of its
/// card, no short word in two lines, contrast of text. The width is that of the layout: a telephone shows a page that is too
/// wide smaller, and what it shows is then as wide as the page.
const OBSTACLES: &str = r"(() => {
  const found = [];
  const name = (e) => (e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent || e.value || e.placeholder || '').trim()
    || [...(e.labels || [])].map((l) => l.innerText.trim()).join('') || [...e.querySelectorAll('[aria-label]')].map((c) => c.getAttribute('aria-label')).join('');
  const shown = (e) => { const r = e.getBoundingClientRect(); if (e.checkVisibility && !e.checkVisibility()) return false; return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== 'hidden'; };
  for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')) {
    if (!name(e) && shown(e)) found.push(`no name: ${e.outerHTML.slice(0, 120)}`);
  }
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!(e.labels && e.labels.length) && !e.getAttribute('aria-label') && shown(e)) found.push(`no label: ${e.outerHTML.slice(0, 120)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} main headings`);
  if (!document.querySelector('main')) found.push('no main landmark');
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push(`id twice: ${id}`);
  const wide = document.documentElement.clientWidth;
  const held = (e, by) => { for (let p = e.parentElement; p && p !== by; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  const innermost = (all) => all.filter((e) => !all.some((o) => o !== e && e.contains(o))).slice(0, 3).map((e) => e.outerHTML.slice(0, 120));
  if (document.documentElement.scrollWidth > wide + 1) {
    const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > wide + 1 && !held(e, document.documentElement));
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${wide}, because of ${innermost(out).join(' and ') || 'something without a box'}`);
  }
  const range = document.createRange();
  const spilled = [...document.querySelectorAll('main .card *')].filter((e) => {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !shown(e) || e.closest('svg, .unseen')) return false;
    const card = e.closest('.card');
    if (e === card || held(e, card) || getComputedStyle(e).overflowX !== 'visible') return false;
    range.selectNodeContents(e);
    return range.getBoundingClientRect().right > card.getBoundingClientRect().right + 1;
  });
  for (const e of innermost(spilled)) found.push(`runs out of its card: ${e}`);
  const lines = () => new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size;
  const broken = (node) => (range.selectNodeContents(node), lines() > 1) && [...node.data.matchAll(/(?<=^|\s)[\p{L}’']{2,12}[.,;:!?)]?(?=\s|$)/gu)].find((word) => {
    range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
    return lines() > 1;
  });
  const torn = [...document.querySelectorAll('main td, main th, main dt, main dd, main .pill, main h1, main h2, main h3')].flatMap((e) => {
    const words = shown(e) ? [...e.childNodes].filter((n) => n.nodeType === 3).map(broken).filter(Boolean) : [];
    return words.length ? [`tears a short word, ${words[0][0]}: ${e.outerHTML.slice(0, 120)}`] : [];
  });
  found.push(...torn.slice(0, 3));
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const solid = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const luminance = ([r, g, b]) => { const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = solid(getComputedStyle(e).backgroundColor); if (c[3] > 0.95) return c; } return [255, 255, 255, 1]; };
  const seen = new Set();
  for (const e of document.querySelectorAll('main *, nav *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !shown(e) || e.closest('svg') || e.disabled || e.closest('[disabled]')) continue;
    const style = getComputedStyle(e); const a = solid(style.color), b = behind(e);
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); const ratio = (x + 0.05) / (y + 0.05);
    const large = parseFloat(style.fontSize) >= 18.66 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const key = `${e.className}|${ratio.toFixed(1)}`;
    if (ratio < (large ? 3 : 4.5) && !seen.has(key)) { seen.add(key); found.push(`contrast ${ratio.toFixed(2)}: ${e.outerHTML.slice(0, 100)}`); }
  }
  return found;
})()";
