using Orleans.Concurrency;
using SoonShop.Orders;

namespace SoonShop.Payments;

[StatelessWorker, Reentrant]
internal sealed class SimulatedPaymentsGrain(IEnumerable<ISimulatedPayments> simulated) : Grain, ISimulatedPaymentsGrain
{
    async Task<Outcome<Payment>> ISimulatedPaymentsGrain.AuthenticateAsync(Caller caller, Guid paymentId)
    {
        if (simulated.FirstOrDefault() is not { } provider)
            return Refusal.NotFound("The simulated payment");
        var payment = GrainFactory.GetGrain<IPaymentGrain>(paymentId);
        var before = await payment.GetAsync(caller);
        if (before.IsRefused)
            return before;
        if (!await provider.AuthenticateAsync(paymentId, CancellationToken.None) && before.Value.Status is not (PaymentStatus.Captured or PaymentStatus.Authorized))
            return new Refusal(RefusalCode.Conflict, "The payment does not await the customer.");
        await payment.SettleAsync();
        await GrainFactory.GetGrain<IOrderGrain>(paymentId).ResumeAsync();
        return await payment.GetAsync(caller);
    }
}
