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

local NUMERALS = { "一", "二", "三", "四", "五", "六", "七", "八", "九", "十" }
local chinese, sections = false, 0

local function heading(header)
  if header.level == 1 then
    local text = escaped(pandoc.utils.stringify(header.content))
    return pandoc.RawBlock("openxml", '<w:p><w:pPr><w:pStyle w:val="Title"/><w:jc w:val="center"/></w:pPr>'
      .. '<w:r><w:t xml:space="preserve">' .. text .. "</w:t></w:r></w:p>")
  end
  header.level = header.level - 1
  header.identifier = ""
  if chinese and header.level == 1 then
    sections = sections + 1
    header.content:insert(1, pandoc.Str(NUMERALS[sections] .. "、"))
  end
  return header
end

local function link(element)
  return element.content
end

local function rows_of(tbl)
  local rows = pandoc.List(tbl.head.rows):clone()
  for _, body in ipairs(tbl.bodies) do
    rows:extend(body.body)
  end
  return rows
end

local function fitted(tbl)
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

-- Items of a list stand as paragraphs of their own, as in an official document.
local function listed(list)
  local blocks = pandoc.List()
  for i, item in ipairs(list.content) do
    blocks:insert(pandoc.Para(pandoc.List({ pandoc.Str(i .. ". ") }) .. pandoc.utils.blocks_to_inlines(item)))
  end
  return blocks
end

local function styled(name, inlines)
  return pandoc.Div({ pandoc.Para(inlines) }, { ["custom-style"] = name })
end

-- A chart, its title and what is said below it, each a paragraph with a style of its own.
local function charted(figure)
  local image
  figure:walk { Image = function(found) image = found end }
  local blocks = pandoc.List({ styled("Captioned Figure", { image }) })
  blocks:insert(styled("Image Caption", pandoc.utils.blocks_to_inlines(figure.caption.long)))
  for _, block in ipairs(figure.content) do
    if block.t == "Para" and not pandoc.utils.stringify(block):match("^%s*$") then blocks:insert(block) end
  end
  return blocks
end

local function title_first(doc)
  for i, block in ipairs(doc.blocks) do
    if block.t == "Header" and block.level == 1 then
      doc.blocks:insert(1, doc.blocks:remove(i))
      return doc
    end
  end
  return doc
end

function Pandoc(doc)
  chinese = pandoc.utils.stringify(doc.meta.lang or ""):sub(1, 2) == "zh"
  local handlers = { Header = heading, Table = fitted, Link = link, OrderedList = listed, Figure = charted }
  return title_first(doc):walk(handlers)
end
