// The one page of department B. Everything that is not ours is escaped.

const SPECIAL = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (found) => SPECIAL[found]);

export function page({ person, left, why }) {
  const body = person
    ? `<p>已登录 / logged in as <strong>${escape(person.name)}</strong></p>
<p>本系统看到的标识 / our name for you: <code>${escape(person.subject)}</code></p>
<p><a href="/logout">退出 / log out</a></p>`
    : '<p><a href="/login">用印信登录 / log in with Yinxin</a></p>';
  return `<!doctype html>
<html lang="zh-Hans">
<meta charset="utf-8">
<title>部门系统乙 / Department B</title>
<h1>部门系统乙 <span lang="en">/ Department B</span></h1>
${why ? `<p role="alert">没有登录 / Not logged in: ${escape(why)}</p>` : ''}
${left ? '<p>您已退出 / You are logged out.</p>' : ''}
${body}
</html>
`;
}
