-- The roles of the market. They belong to a cluster, not to a database: a dump does not hold them,
-- so a restore begins with them, too.
do $$
begin
    if not exists (select from pg_roles where rolname = 'rynek_pipeline') then
        create role rynek_pipeline login;
    end if;
    if not exists (select from pg_roles where rolname = 'rynek_app') then
        create role rynek_app login;
    end if;
    if not exists (select from pg_roles where rolname = 'rynek_vendor') then
        create role rynek_vendor nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'rynek_shopper') then
        create role rynek_shopper nologin;
    end if;
end $$;
grant rynek_vendor, rynek_shopper to rynek_app with inherit false, set true;
grant rynek_vendor, rynek_shopper to current_user with inherit false, set true;
