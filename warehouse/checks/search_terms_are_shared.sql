-- marts.search_terms: a term is shown only when at least five people typed it
select term, shoppers
from marts.search_terms
where shoppers < 5 or clicked_searches > searches
