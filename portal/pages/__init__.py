"""The pages (页面), one module each: parse, authorise, call one function of a room, render."""
