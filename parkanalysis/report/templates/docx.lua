-- What a page's sections need to become an official document: a title that carries its alignment itself (some
-- checkers do not look into styles), columns as wide as what they hold, and no links, which a printed page has not.

local NARROW, LINE = 15, 72 -- of a column that keeps its width, and of a line of the page, in half-width characters

local function escaped(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

local function width_of(text)
  local width = 0
  for _, code in utf8.codes(text) do
    width = width + (code > 0x2E7F and 2 or 1)
  end
  return width
end

function Header(header)
  if header.classes:includes("title") then
    local text = escaped(pandoc.utils.stringify(header.content))
    return pandoc.RawBlock("openxml", '<w:p><w:pPr><w:pStyle w:val="Title"/><w:jc w:val="center"/></w:pPr>'
      .. '<w:r><w:t xml:space="preserve">' .. text .. "</w:t></w:r></w:p>")
  end
  header.identifier = ""
  return header
end

function Link(link)
  return link.content
end

local function rows_of(tbl)
  local rows = pandoc.List(tbl.head.rows):clone()
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.body)
  end
  return rows
end

function Table(tbl)
  local need, total = {}, 0
  for _, row in ipairs(rows_of(tbl)) do
    for i, cell in ipairs(row.cells) do
      local width = width_of(pandoc.utils.stringify(cell.contents)) + 4
      need[i] = math.max(need[i] or 0, width)
    end
  end
  local narrow, wide = 0, 0
  for _, width in ipairs(need) do
    if width <= NARROW then narrow = narrow + width else wide = wide + width end
    total = total + width
  end
  for i, spec in ipairs(tbl.colspecs) do
    local width = need[i] or 1
    if total > LINE and width > NARROW then
      width = math.max(NARROW, width * (LINE - narrow) / wide)
    end
    need[i] = width
  end
  local sum = 0
  for _, width in ipairs(need) do sum = sum + width end
  for i, spec in ipairs(tbl.colspecs) do
    tbl.colspecs[i] = { spec[1], need[i] / sum }
  end
  return tbl
end
