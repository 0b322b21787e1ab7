// Approvals by keyboard: j and k walk, a approves, c opens the words for changes, x marks for approving many at once.
const items = () => [...document.querySelectorAll('[data-review]')];
const at = () => items().indexOf(document.activeElement?.closest('[data-review]'));
const go = (n) => { const all = items(); const item = all[Math.max(0, Math.min(all.length - 1, n))]; if (item) { item.focus(); item.scrollIntoView({ block: 'nearest' }); } };

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input:not([type=checkbox]), textarea, select')) return;
  const item = document.activeElement?.closest('[data-review]');
  if (event.key === 'j') go(at() + 1);
  else if (event.key === 'k') go(at() - 1);
  else if (event.key === 'a' && item) item.querySelector('[data-approve]')?.click();
  else if (event.key === 'x' && item) item.querySelector('.pickbox input')?.click();
  else if (event.key === 'c' && item) {
    const changes = item.querySelector('[data-changes]');
    if (!changes) return;
    changes.open = true;
    changes.querySelector('textarea').focus();
  } else return;
  event.preventDefault();
});

const count = () => {
  const chosen = document.querySelectorAll('.pickbox input:checked').length;
  const button = document.querySelector('[data-bulk]');
  if (!button) return;
  button.disabled = chosen === 0;
  button.textContent = chosen === 0 ? 'Approve what is marked' : `Approve ${chosen} marked`;
};
document.addEventListener('change', count);
count();
