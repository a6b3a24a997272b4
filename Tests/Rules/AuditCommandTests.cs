using SoonShop.Silo.Integrity;

namespace SoonShop.Tests.Rules;

public sealed class AuditCommandTests
{
    [Fact]
    public void what_follows_the_command_is_read()
    {
        Assert.Equal(new AuditCommand(false, null), AuditCommand.Parse([]));
        Assert.Equal(new AuditCommand(true, 5), AuditCommand.Parse(["--rows", "5", "--json"]));
    }

    [Theory]
    [InlineData("--rows")]
    [InlineData("--rows", "0")]
    [InlineData("--rows", "many")]
    [InlineData("everything")]
    public void what_is_no_option_is_refused(params string[] arguments) => Assert.Null(AuditCommand.Parse(arguments));

    [Fact]
    public void wrong_limits_are_named_each_with_what_to_set()
    {
        Assert.Empty(new AuditOptions().Problems());
        Assert.Empty(new AuditOptions { EveryMinutes = 0 }.Problems());
        var problems = new AuditOptions { EveryMinutes = -1, StatementSeconds = 0, MaxMinutes = double.NaN, MaxRows = 0 }.Problems().ToArray();
        Assert.Equal(["Audit__EveryMinutes", "Audit__StatementSeconds", "Audit__MaxMinutes", "Audit__MaxRows"], problems.Select(p => p.Split("set ")[1].Split(' ')[0]));
    }

    [Fact]
    public void every_check_has_a_name_of_its_own_and_says_what_to_do() => Assert.All(IntegrityCheck.All.GroupBy(c => c.Name), g =>
    {
        var check = Assert.Single(g);
        Assert.True(check.Remedy.Length > 20 && check.Says.Length > 10, check.Name);
    });
}
