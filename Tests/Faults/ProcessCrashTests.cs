using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A crashing shop whose silo is a process.</summary>
public sealed class CrashingProcessShop : PatientCrashingShop
{
    internal override async Task<ICrashingSilos> StartAsync(Shop shop) => await SiloProcess.StartAsync(shop);
}

/// <summary>
/// One of each kind of crash, of a real process: what dies in the tests' process (<see cref="MortalSilo"/>) dies the same way.
/// </summary>
public sealed class ProcessCrashTests(CrashingProcessShop shop) : IClassFixture<CrashingProcessShop>
{
    [Fact]
    public Task a_checkout_survives_the_end_of_its_process() => new CheckoutCrashTests(shop)
        .a_checkout_that_crashes_anywhere_reaches_its_end_alone_and_is_answered_when_asked_again("payment.provider.answered");

    [Fact]
    public Task a_refund_survives_the_end_of_its_process() => new PaymentCrashTests(shop)
        .a_refund_of_lines_that_crashes_gives_money_and_units_back_once("payment.provider.refunded", full: false);

    [Fact]
    public Task the_end_of_an_earlier_order_survives_the_end_of_its_process() => new SupersedingCrashTests(shop)
        .the_earlier_order_ends_and_the_next_is_bought_once("payment.provider.cancelled");

    [Fact]
    public Task an_undone_change_of_address_survives_the_end_of_its_process() => new EmailChangeCrashTests(shop)
        .an_undo_that_crashes_goes_on_by_itself("email-change.claimed");

    [Fact]
    public async Task a_cancellation_cut_off_from_outside_is_whole_or_not_at_all_and_can_be_asked_again()
    {
        var skus = await shop.StockAsync(products: 1);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        await shop.CutPowerAsync(Buyer.TryAsync(() => CrashTests.CancelAsync(buyer)), (SiloProcess)shop.Silos);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);

        await CrashTests.AssertCancelledAsync(shop, buyer, skus[0]);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }
}
