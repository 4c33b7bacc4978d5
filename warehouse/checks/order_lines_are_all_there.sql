-- marts.order_lines: no line is lost or doubled on its way from the source
select marts.lines as mart_lines, source.lines as source_lines
from (select count(*) as lines from marts.order_lines) as marts
cross join (select count(*) as lines from source.order_lines) as source
where marts.lines <> source.lines
