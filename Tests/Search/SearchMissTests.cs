using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Catalog;
using SoonShop.Silo.Catalog;
using SoonShop.Tests.Api;

namespace SoonShop.Tests.Search;

[Collection(nameof(SearchedShop))]
public sealed class SearchMissTests(SearchedShop shop)
{
    [Fact]
    public async Task a_search_that_finds_nothing_is_counted_as_the_search_reads_it()
    {
        // Without figures, which may look like a telephone number.
        var word = $"qxz{Make.Word()}";
        await shop.FindAsync(word);
        await shop.FindAsync($"  {word.ToUpperInvariant()} ");
        await shop.FindAsync($"{word} ångström");
        await WriteAsync();
        Assert.Equal([(word, 2), ($"{word} angstrom", 1)], await ListedAsync(word));
        await shop.FindAsync(word);
        await WriteAsync();
        Assert.Equal([(word, 3), ($"{word} angstrom", 1)], await ListedAsync(word));
    }

    [Fact]
    public async Task filters_pages_hits_and_personal_texts_are_no_misses()
    {
        var word = $"qxz{Make.Word()}";
        await shop.FindAsync(word, family: "none");
        await shop.PageAsync(new ProductQuery(word, null, null, 5, null, null, ProductSort.Name, new PageRequest()));
        await shop.FindAsync($"{word}@example.com");
        await shop.FindAsync($"{word} 0207 946 0000");
        await shop.AddAsync($"Thing {word}");
        await shop.FindAsync(word);
        await WriteAsync();
        Assert.Empty(await ListedAsync(word));
    }

    [Fact]
    public async Task a_day_has_a_limited_number_of_texts_and_the_frequent_ones_stay()
    {
        var day = new DateTime(2001, 2, 3, 10, 0, 0, DateTimeKind.Utc);
        async Task AddAsync(string[] texts, long[] counts)
        {
            await using var command = shop.Database.CreateCommand(
                "select add_search_misses($1, $2, array_fill($3::timestamptz, array[cardinality($1)]), 3)");
            command.Parameters.Add(new() { Value = texts });
            command.Parameters.Add(new() { Value = counts });
            command.Parameters.Add(new() { Value = day });
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await AddAsync(["one", "Two", "two", "three", "four"], [1, 2, 3, 4, 5]);
        await AddAsync(["four", "five", "two"], [1, 9, 1]);

        var period = new SearchMissPeriod(new DateOnly(2001, 2, 3), new DateOnly(2001, 2, 3));
        var first = (await List.ListAsync(period, new PageRequest(2), TestContext.Current.CancellationToken)).Value!;
        Assert.Equal([("four", 6L), ("two", 6L)], first.Items.Select(m => (m.Text, m.Searches)));
        var rest = (await List.ListAsync(period, new PageRequest(2, first.NextCursor), TestContext.Current.CancellationToken)).Value!;
        Assert.Equal([("three", 4L)], rest.Items.Select(m => (m.Text, m.Searches)));
        Assert.Null(rest.NextCursor);
        Assert.True((await List.ListAsync(
            period with { To = null }, new PageRequest(2, first.NextCursor), TestContext.Current.CancellationToken)).IsError);
    }

    [Fact]
    public void memory_is_limited_and_zero_days_record_nothing()
    {
        var misses = new SearchMisses(Options.Create(new SearchOptions()), TimeProvider.System);
        for (var i = 0; i < SearchMisses.MaxTexts + 10; i++)
            misses.Add($"text {(char)('a' + (i % 26))}{i}");
        misses.Add("text a0");
        var taken = misses.Take();
        Assert.Equal((SearchMisses.MaxTexts, 2L), (taken.Count, taken["text a0"].Searches));
        Assert.Empty(misses.Take());

        var off = new SearchMisses(Options.Create(new SearchOptions { MissRetentionDays = 0 }), TimeProvider.System);
        off.Add("text");
        Assert.Empty(off.Take());
    }

    [Fact]
    public async Task old_days_are_removed()
    {
        await using (var command = shop.Database.CreateCommand(
            "insert into search_miss values ('2001-01-01', 'old', 1, '2001-01-01'), (current_date, 'young-in-housekeeping', 1, now())"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await shop.CleanAsync();
        Assert.Empty((await List.ListAsync(
            new SearchMissPeriod(new DateOnly(2001, 1, 1), new DateOnly(2001, 1, 1)), new PageRequest(),
            TestContext.Current.CancellationToken)).Value!.Items);
        Assert.Single(await ListedAsync("young-in-housekeeping"));
    }

    private ISearchMisses List => shop.Services.GetRequiredService<ISearchMisses>();

    private Task WriteAsync() => shop.Service<SearchMissWriter>().WriteAsync(TestContext.Current.CancellationToken);

    /// <summary>What was counted with a word.</summary>
    private async Task<(string, long)[]> ListedAsync(string word)
    {
        var found = new List<(string, long)>();
        string? cursor = null;
        do
        {
            var page = (await List.ListAsync(
                new SearchMissPeriod(null, null), new PageRequest(100, cursor), TestContext.Current.CancellationToken)).Value!;
            found.AddRange(page.Items.Where(m => m.Text.Contains(word, StringComparison.Ordinal)).Select(m => (m.Text, m.Searches)));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return [.. found];
    }
}
