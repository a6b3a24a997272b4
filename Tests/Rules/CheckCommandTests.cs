using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using SoonShop.Orders;
using SoonShop.Silo;
using SoonShop.Silo.Integrity;

namespace SoonShop.Tests.Rules;

public sealed class CheckCommandTests
{
    [Fact]
    public void what_follows_the_command_is_read()
    {
        Assert.Equal(new CheckCommand(false, null), CheckCommand.Parse([]));
        Assert.Equal(new CheckCommand(true, 5), CheckCommand.Parse(["--rows", "5", "--json"]));
    }

    [Theory]
    [InlineData("--rows")]
    [InlineData("--rows", "0")]
    [InlineData("--rows", "many")]
    [InlineData("everything")]
    public void what_is_no_option_is_refused(params string[] arguments) => Assert.Null(CheckCommand.Parse(arguments));

    [Fact]
    public void wrong_limits_are_named_each_with_what_to_set()
    {
        Assert.Empty(new IntegrityOptions().Problems());
        Assert.Empty(new IntegrityOptions { EveryMinutes = 0 }.Problems());
        Assert.NotEmpty(new IntegrityOptions { MaxRows = 1001 }.Problems());
        var problems = new IntegrityOptions { EveryMinutes = -1, StatementSeconds = 0, MaxMinutes = double.NaN, MaxRows = 0 }.Problems()
            .ToArray();
        Assert.Equal(
            ["Integrity__EveryMinutes", "Integrity__StatementSeconds", "Integrity__MaxMinutes", "Integrity__MaxRows"],
            problems.Select(p => p.Split("set ")[1].Split(' ')[0]));
    }

    [Fact]
    public void the_former_section_is_still_read_and_the_new_one_takes_precedence()
    {
        var problems = new List<string>();
        var options = SiloConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Audit:MaxRows"] = "5",
            ["Audit:MaxMinutes"] = "7",
            ["Integrity:MaxMinutes"] = "8",
            ["Audit:Unknown"] = "1",
        }).Build(), problems).Integrity;
        Assert.Equal((5, 8), (options.MaxRows, options.MaxMinutes));
        Assert.Contains(problems, p => p.Contains("Audit:Unknown", StringComparison.Ordinal));
    }

    [Fact]
    public void only_what_is_seen_twice_is_told()
    {
        var confirmed = Of(Found("a", "1", "2"), Found("b", "3"), Found("c")).ConfirmedBy(Of(Found("a", "2", "4"), Found("b")));
        Assert.Equal(1, confirmed.Breaches);
        Assert.Equal(["2"], confirmed.Checks.Single(c => c.Breaches > 0).Rows.Select(r => r.Row));
        Assert.Null(confirmed.Checks.Single(c => c.Check == "b").Remedy);
    }

    [Fact]
    public async Task a_second_look_that_fails_takes_nothing_from_the_first()
    {
        var first = Of(Found("ledger-adds-up", "1"), Found("charged-once"));
        using var stop = new CancellationTokenSource();
        Task<IntegrityReport> ConfirmAsync(Func<IEnumerable<IntegrityCheck>, Task<IntegrityReport>> look) =>
            IntegrityService.ConfirmAsync(first, look, NullLogger.Instance, stop.Token);

        Assert.Same(first, await ConfirmAsync(_ => throw new IntegrityCheckOverdueException("slow", new TimeoutException())));
        Assert.Equal(0, (await ConfirmAsync(checks => Task.FromResult(Of([.. checks.Select(c => Found(c.Name))])))).Breaches);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => ConfirmAsync(_ => throw new OperationCanceledException()));
    }

    [Fact]
    public void a_check_that_could_not_be_made_keeps_what_was_known_of_it()
    {
        var report = Of(Found("a", "1"), Found("b") with { Error = "it took too long" })
            .WithKnown(new Dictionary<string, long> { ["a"] = 5, ["b"] = 2 });
        Assert.Equal((3, 1), (report.Breaches, report.Failed));
        Assert.Equal("1 check(s) could not be made: b (it took too long)", report.Failures);
        Assert.Contains("0 checks kept, 1 broken by 3 row(s), 1 not made.", report.ToText(), StringComparison.Ordinal);
        // Looked at a second time in vain, it is what it was.
        var first = Of(Found("a", "1"));
        Assert.Equal(1, first.ConfirmedBy(Of(Found("a") with { Error = "too slow" })).Breaches);
    }

    private static CheckResult Found(string check, params string[] rows) =>
        new(check, "", "", rows.Length, [.. rows.Select(r => new BrokenRow(r, "x"))], rows.Length > 0 ? "mend" : null);

    private static IntegrityReport Of(params CheckResult[] checks) =>
        new(default, 0, "", "", checks.Sum(c => c.Breaches), [], [], [.. checks]);

    [Fact]
    public void states_of_another_name_than_their_aggregate_are_known()
    {
        var grains = typeof(OrderState).Assembly.GetTypes().Where(t => !t.IsAbstract && typeof(IGrainBase).IsAssignableFrom(t));
        var odd = new List<(string, string)>();
        foreach (var grain in grains)
        {
            var state = grain.GetConstructors().SelectMany(c => c.GetParameters())
                .SelectMany(p => p.GetCustomAttributes(typeof(PersistentStateAttribute), inherit: true).Cast<PersistentStateAttribute>())
                .FirstOrDefault();
            var aggregate = grain.GetProperty(
                "Aggregate", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic
                    | System.Reflection.BindingFlags.DeclaredOnly);
            if (state is null || aggregate is null)
                continue;
            var name = (string)aggregate.GetValue(System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(grain))!;
            if (name != state.StateName)
                odd.Add((state.StateName, name));
        }
        Assert.Equal(IntegrityFacts.OtherNames, odd);
    }

    [Fact]
    public void every_check_has_a_name_of_its_own_and_says_what_to_do() => Assert.All(IntegrityCheck.All.GroupBy(c => c.Name), g =>
    {
        var check = Assert.Single(g);
        Assert.True(check.Remedy.Length > 20 && check.Says.Length > 10, check.Name);
    });
}
