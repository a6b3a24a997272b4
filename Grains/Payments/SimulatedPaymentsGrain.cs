using Orleans.Concurrency;
using SoonShop.Orders;

namespace SoonShop.Payments;

[StatelessWorker, Reentrant]
internal sealed class SimulatedPaymentsGrain(IEnumerable<ISimulatedPayments> simulated) : Grain, ISimulatedPaymentsGrain
{
    async Task<Result<Payment>> ISimulatedPaymentsGrain.AuthenticateAsync(Caller caller, Guid paymentId)
    {
        if (simulated.FirstOrDefault() is not { } provider)
            return Error.NotFound("not-found.simulated-payment", "The simulated payment was not found.");
        var payment = GrainFactory.GetGrain<IPaymentGrain>(paymentId);
        var before = await payment.GetAsync(caller);
        if (before.IsError)
            return before;
        if (!await provider.AuthenticateAsync(paymentId, CancellationToken.None)
            && before.Value.Status is not (PaymentStatus.Captured or PaymentStatus.Authorized))
            return Error.Of(ErrorCode.Conflict, "error.not-awaiting", "The payment does not wait for the customer.");
        await payment.SettleAsync();
        await GrainFactory.GetGrain<IOrderGrain>(paymentId).ResumeAsync();
        return await payment.GetAsync(caller);
    }
}
