namespace SoonShop;

/// <summary>
/// A command that may be asked again with the same arguments: the second time has the first one's effect and answer, also when the first
/// one's answer was lost. Front ends then ask again by themselves when a silo dies under the call. Without it a command is asked once.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RepeatableAttribute : Attribute;
