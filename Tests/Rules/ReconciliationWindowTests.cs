using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Rules;

public sealed class ReconciliationWindowTests
{
    private static readonly ReconciliationOptions Options = new();

    [Fact]
    public void passes_through_the_new_leave_no_gap_however_long_one_takes()
    {
        var now = Given.Now;
        var pass = ReconciliationWindow.OfNew(null, now, Options);
        Assert.Equal(now.AddHours(-Options.LookBackHours), pass.From);
        foreach (var hours in (double[])[0.01, 5, 80, 1000])
        {
            now = now.AddHours(hours);
            var next = ReconciliationWindow.OfNew(pass.To, now, Options);
            Assert.True(next.From <= pass.To, $"{next} after {pass}");
            Assert.Equal(now.AddSeconds(-Options.TooLongSeconds), next.To);
            pass = next;
        }
    }

    [Fact]
    public void what_was_compared_is_compared_again_as_far_as_the_new_begins()
    {
        var old = ReconciliationWindow.OfOld(Given.Now.AddHours(-1), Given.Now, Options)!;
        Assert.Equal((Given.Now.AddHours(-Options.LookBackHours), Given.Now.AddHours(-1)), (old.From, old.To));
        Assert.Null(ReconciliationWindow.OfOld(Given.Now.AddHours(-Options.LookBackHours - 1), Given.Now, Options));
    }

    [Fact]
    public void a_clock_that_went_back_makes_no_pass_that_runs_backwards()
    {
        var pass = ReconciliationWindow.OfNew(Given.Now.AddHours(5), Given.Now, Options);
        Assert.Equal(pass.From, pass.To);
    }
}
