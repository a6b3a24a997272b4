namespace SoonShop.Tests.Grains;

/// <summary>A clock of a silo. While it stands, nothing takes any time there.</summary>
internal sealed class StoppableTime : TimeProvider
{
    private long stoodAt;

    public override long GetTimestamp() => Interlocked.Read(ref stoodAt) is var at and not 0 ? at : base.GetTimestamp();

    /// <summary>Time is measured as standing still from now on.</summary>
    public void Stop() => Interlocked.Exchange(ref stoodAt, base.GetTimestamp());

    /// <summary>Time is measured as it is again.</summary>
    public void GoOn() => Interlocked.Exchange(ref stoodAt, 0);
}
