using System.Text.Json;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// The parts of the search's SQL that filter by attributes and count by them. A facet ignores the filter by its own attribute, so a match
/// that fails one filter alone is read for that facet only.
/// </summary>
/// <param name="Join">Joins the attributes.</param>
/// <param name="Columns">What a match has beside its other columns.</param>
/// <param name="Matches">True for a row that the page or a facet needs.</param>
/// <param name="Fits">True for a match that has all attributes.</param>
/// <param name="HasFacets">True to count by attribute.</param>
internal sealed record AttributeConditions(string Join, string Columns, string Matches, string Fits, bool HasFacets)
{
    /// <summary>The kind of the facet's rows. Their columns: name, number, value.</summary>
    public const int FacetKind = 3;

    private const string Table = " left join product_attributes a on a.grain_key = p.grain_key";

    /// <summary>Returns the parts for a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="parameter">Adds a parameter to the command; returns its placeholder.</param>
    public static AttributeConditions Of(ProductQuery query, Func<object, string> parameter)
    {
        var filters = (query.Attributes?.Items ?? []).GroupBy(f => f.Name, f => f.Value, StringComparer.Ordinal).ToArray();
        if (!query.WithAttributeFacets)
        {
            // In this form, the index over the attributes finds the products.
            var has = filters.Select(
                f => $"a.attributes @> any ({parameter(f.Select(value => Json(f.Key, value)).ToArray())}::text[]::jsonb[])");
            return filters.Length == 0
                ? new("", "", "true", "true", HasFacets: false)
                : new(Table, "", string.Join(" and ", has), "true", HasFacets: false);
        }
        var named = filters.Select(f => (Name: parameter(f.Key), Values: parameter(f.ToArray()))).Select(f =>
            $"case when a.attributes ->> {f.Name}::text = any ({f.Values}::text[]) then null else {f.Name}::text end");
        var failed = filters.Length == 0 ? "'{}'::text[]" : $"array_remove(array[{string.Join(", ", named)}], null)";
        return new(
            $"{Table} cross join lateral (select {failed} as failed) f", ", a.attributes, f.failed", "cardinality(f.failed) <= 1",
            "cardinality(failed) = 0", HasFacets: true);
    }

    private static string Json(string name, string value) => JsonSerializer.Serialize(new Dictionary<string, string> { [name] = value });

    /// <summary>Returns the query that counts the matches by attribute; nothing when they are not counted.</summary>
    /// <param name="condition">The condition on matches beside the attributes.</param>
    public string Facets(string condition) => !HasFacets ? "" : $"""
        union all
        (select {FacetKind}, name, null, number::int, 0, 0, value from (
           select *, dense_rank() over (order by total desc, name) as name_place from (
             select e.key as name, e.value as value, count(*) as number, sum(count(*)) over (partition by e.key) as total,
                    row_number() over (partition by e.key order by count(*) desc, e.value) as value_place
             from matches m, jsonb_each_text(m.attributes) e where {condition} and m.failed <@ array[e.key] group by e.key, e.value) v) n
         where name_place <= {AttributeFacet.MaxNames} and value_place <= {AttributeFacet.MaxValues}
         order by name_place, value_place)
        """;
}
