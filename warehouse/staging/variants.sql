-- grain: one form of a product that is chosen when buying
select * from source.variants
