using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// Guards what a rolling upgrade and a rollback rest upon: ids, aliases, and the JSON of states and events are only added to.
/// </summary>
public sealed class ContractTests
{
    /// <summary>Set it to anything to have what is new written into the file.</summary>
    private const string Renew = "SOONSHOP_RENEW_CONTRACT";

    private static readonly string KeptIn = Path.Combine(Repository.Root, "Tests", "Operations", "contract.txt");

    [Fact]
    public async Task what_other_versions_read_and_write_is_only_added_to()
    {
        var now = Contract.Lines();
        var kept = File.Exists(KeptIn) ? await File.ReadAllLinesAsync(KeptIn, TestContext.Current.CancellationToken) : [];
        var gone = kept.Except(now).ToArray();
        Assert.True(
            gone.Length == 0,
            $"{gone.Length} line(s) of {KeptIn} are no more, so silos of the last version could not read what this one writes, or the "
                + "other way round.\nKeep the old id, alias or name beside the new one for a release (see \"Upgrade\" in "
                + "deploy/RUNBOOK.md); remove a line only when no silo and no row of its version can be left:\n"
                + string.Join('\n', gone));
        var added = now.Except(kept).ToArray();
        var required = kept.Length == 0 ? [] : added.Where(l => l.EndsWith('!') && IsIn(OwnerOf(l), kept)).ToArray();
        Assert.True(required.Length == 0, $"Rows that are there have not got it; make it optional:\n{string.Join('\n', required)}");
        if (Environment.GetEnvironmentVariable(Renew) is { Length: > 0 })
            await File.WriteAllLinesAsync(KeptIn, now, TestContext.Current.CancellationToken);
        else
            Assert.True(
                added.Length == 0, "New for other versions; an older silo must be able to do without (a new word of an enumeration, or "
                    + "event type, it cannot read: release its reading first). Then run this test once with "
                    + $"{Renew}=1:\n{string.Join('\n', added)}");
    }

    /// <summary>
    /// The object that a line is about a member of: <c>state order.state.lines[].sku: String!</c> is of <c>state order.state.lines</c>.
    /// </summary>
    private static string OwnerOf(string line)
    {
        var path = line[..line.IndexOf(": ", StringComparison.Ordinal)];
        return path[..path.LastIndexOf('.')].TrimEnd('[', ']');
    }

    /// <summary>True for an object that rows have. What is new as a whole may require members of its own.</summary>
    private static bool IsIn(string owner, string[] lines) =>
        lines.Any(l => l.StartsWith(owner, StringComparison.Ordinal) && l[owner.Length..] is ['.' or ':' or '[' or '{', ..]);

    [Fact]
    public void what_crosses_silos_has_an_alias() => Assert.Empty(Contract.WithoutAlias());
}
